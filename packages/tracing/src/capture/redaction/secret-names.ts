/**
 * Which names announce a secret: header names, property keys, attribute names, environment variables, query parameters.
 *
 * A name is judged twice: as one lower-case run without separators (`x-api-key`, `API_KEY` and `apiKey` are all
 * `apikey`), and, for the ambiguous word "token", as its separate words, because a language model counts tokens too.
 */

/** Only this much of either end of a name is looked at. */
const MAX_NAME_PART = 96;

/** Anywhere in the run. */
const SECRET_PART =
  /passw(?:or)?d|passwort(?!los)|kennwort|парол[ья]|passphrase|mnemonic|passcode|pwd|secret(?!ar)|credential|cookie|authorization|authheader|(?:basic|http)auth|apikey|(?:private|access|signing|encryption|master|service|servicerole|session|shared|account|license|ssh|deploy|anon|hmac|publishable|client)key|(?:openai|anthropic|openrouter|assemblyai|deepgram|elevenlabs|gemini|mistral|groq|cohere|replicate|pinecone|insforge|supabase|stripe|sendgrid|twilio|mailgun|slack|telegram|github|gitlab|google|aws|azure)key$|apihash|conn(?:ection)?str|(?:seed|recovery)phrase|(?:recovery|backup|otp|mfa)codes?$|(?:php|j)sess(?:ion)?id|connectsid|x(?:amz|goog)signature|sharedaccesssignature/;

/** At the end of the run: "pass" alone also means that a check was passed. */
const SECRET_END =
  /(?:db|database|smtp|user|mail|pg|postgres|mysql|redis|mongo|ftp|ssh|proxy|admin|root|login)pass$/;

/** The whole run. */
const SECRET_WHOLE = new Set(
  "auth,xauth,bearer,jwt,otp,totp,cvv,cvc,sig,pass,cred,creds,pat,passkey,passkeys,sas".split(","),
);

/** Words that make "token" a unit of text, a lexer's item, or something said about a token. */
const COUNTING = new Set(
  (
    "count,counts,counter,limit,limits,usage,used,budget,total,per,price,pricing,cost,rate,length,len,size,max,min," +
    "maximum,minimum,input,output,prompt,completion,cached,reasoning,thinking,audio,text,first,last,num,number,n,nr," +
    "estimate,estimated,remaining,left,window,ms,latency,seconds,avg,average,mean,logprob,logprobs,probability,special," +
    "eos,bos,pad,sep,cls,stop,unk,mask,type,kind,expires,expiry,expire,expired,expiration,ttl,index,url,uri,endpoint," +
    "status,scope,scopes,has,is,invalid,valid,missing,new,generated,sampled"
  ).split(","),
);

/** Several "tokens" are secrets only when one of these says which. */
const CREDENTIAL_KIND = new Set(
  "access,refresh,auth,oauth,bearer,session,bot,api,id,csrf,xsrf,device,push,personal,security,reset,invite,deploy".split(
    ",",
  ),
);

/** The name in lower case without separators. */
export function compactName(name: string): string {
  const bounded =
    name.length > 2 * MAX_NAME_PART ? name.slice(0, MAX_NAME_PART) + name.slice(-MAX_NAME_PART) : name;
  return bounded.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, "");
}

/** Whether what stands under this name is a secret. Cost is bounded, whatever the length of the name. */
export function isSecretName(name: string): boolean {
  const compact = compactName(name);
  if (SECRET_PART.test(compact) || SECRET_WHOLE.has(compact) || SECRET_END.test(compact)) return true;
  return compact.includes("token") && isSecretToken(wordsOf(name));
}

function wordsOf(name: string): string[] {
  const bounded = name.length > 2 * MAX_NAME_PART ? name.slice(-MAX_NAME_PART) : name;
  return bounded
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z])([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/);
}

function isSecretToken(words: string[]): boolean {
  let secret = false;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? "";
    if (COUNTING.has(word)) return false;
    // "idToken" is a secret, "tokenId" is not.
    if ((word === "id" || word === "ids") && words[index - 1] === "token") return false;
    if (word === "token" || word === "tokens") {
      secret ||= word === "token" || CREDENTIAL_KIND.has(words[index - 1] ?? "");
    } else if (word.endsWith("token")) {
      secret ||= !COUNTING.has(word.slice(0, -"token".length));
    } else if (word.endsWith("tokens")) {
      secret ||= CREDENTIAL_KIND.has(word.slice(0, -"tokens".length));
    }
  }
  return secret;
}

import { createHash } from "node:crypto";

/**
 * Made-up secrets, each as it really looks and none like another, put together so that no scanner takes this file for a
 * leak.
 */
let made = 0;

/** Letters and digits that belong to the secret that is being made. */
function tail(length: number): string {
  const digits = createHash("sha512").update(`secret ${made}`).digest("hex");
  const mixed = digits.replace(/[a-f](?=\d)/g, (letter) =>
    String.fromCharCode(letter.charCodeAt(0) + 6).toUpperCase(),
  );
  return `aB3${mixed}${mixed}`.slice(0, length);
}
const upper = (length: number) => tail(length).toUpperCase();
const base64 = (text: string) => Buffer.from(text).toString("base64");
const base64url = (text: string) => Buffer.from(text).toString("base64url");

const botToken = `123456789:AA${tail(33)}`;
const jwt = [base64url('{"alg":"HS256","typ":"JWT"}'), base64url('{"sub":"1234567890"}'), tail(43)].join(".");
const keyBody = Array.from({ length: 12 }, () => tail(64)).join("\n");
const label = (edge: string) => `-----${edge} RSA PRIVATE KEY-----`;

export interface Secret {
  kind: string;
  /** The text as it turns up. */
  text: string;
  /** What must not come out of it. */
  hidden: string;
}

function secret(kind: string, hidden: string, text = hidden): Secret {
  made += 1;
  // What would be the same word in many of them is told apart.
  const own = (value: string) => value.replaceAll("hunter", `hunt${made}er`);
  return { kind, text: own(text), hidden: own(hidden) };
}

export const SECRETS: readonly Secret[] = [
  secret("Telegram bot token", botToken),
  secret("Telegram URL", botToken, `https://api.telegram.org/bot${botToken}/sendMessage`),
  secret("Telegram file URL", botToken, `https://api.telegram.org/file/bot${botToken}/voice/1.oga`),
  secret(
    "short test token in a Telegram URL",
    "123456:AAtest",
    "http://127.0.0.1:8081/bot123456:AAtest/getMe",
  ),
  secret(
    "percent-encoded Telegram URL",
    tail(33),
    `https://api.telegram.org/bot123456789%3AAA${tail(33)}/getMe`,
  ),
  secret("OpenAI key", `sk-${tail(48)}`),
  secret("OpenAI project key", `sk-proj-${tail(60)}`),
  secret("Anthropic key", `sk-ant-api03-${tail(80)}`),
  secret("OpenRouter key", `sk-or-v1-${tail(64).toLowerCase()}`),
  secret("AWS access key id", `AKIA${upper(16)}`),
  secret("AWS temporary key id", `ASIA${upper(16)}`),
  secret("AWS secret key in an assignment", tail(40), `AWS_SECRET_ACCESS_KEY=${tail(40)}`),
  secret("GitHub token", `ghp_${tail(36)}`),
  secret("GitHub OAuth token", `gho_${tail(36)}`),
  secret("GitHub fine-grained token", `github_pat_${tail(22)}_${tail(59)}`),
  secret("GitLab token", `glpat-${tail(20)}`),
  secret("Slack bot token", `xoxb-123456789012-${tail(24)}`),
  secret(
    "Slack webhook",
    `T00000000/B00000000/${tail(24)}`,
    `https://hooks.slack.com/services/T00000000/B00000000/${tail(24)}`,
  ),
  secret("Google key", `AIza${tail(35)}`),
  secret("InsForge key", `ik_${tail(32)}`),
  secret("Stripe key", `sk_live_${tail(24)}`),
  secret("SendGrid key", `SG.${tail(22)}.${tail(43)}`),
  secret("Hugging Face token", `hf_${tail(34)}`),
  secret("JSON web token", jwt),
  secret("bearer header", "abc.def-ghi", "Bearer abc.def-ghi"),
  secret("bearer in lower case", tail(24), `authentication failed for bearer ${tail(24)}`),
  secret("basic header", base64("user:hunter2"), `Basic ${base64("user:hunter2")}`),
  secret("password in a URL", "hunter2", "https://user:hunter2@example.org/path"),
  secret("password with an at sign in a URL", "p@ss", "https://user:p@ss@example.org/path"),
  secret("password with a slash in a URL", "hun/ter2", "postgres://app:hun/ter2@db:5432/app"),
  secret("connection string", "s3cr3t", "postgresql://app:s3cr3t@db.internal:5432/app?sslmode=require"),
  secret("token as a user in a URL", tail(32), `https://${tail(32)}@example.org/repo.git`),
  secret("ADO connection string", "s3cr3t!", "Server=db;User Id=sa;Password=s3cr3t!;Database=app"),
  secret(
    "storage account key",
    `${tail(40)}==`,
    `AccountName=x;AccountKey=${tail(40)}==;EndpointSuffix=core`,
  ),
  secret("PEM key", tail(64), `${label("BEGIN")}\n${keyBody}\n${label("END")}`),
  secret(
    "PEM key with escaped line breaks",
    tail(64),
    `${label("BEGIN")}\\n${tail(64)}\\n${tail(64)}\\n${label("END")}`,
  ),
  secret("PEM key cut at its end", tail(64), `${label("BEGIN")}\n${keyBody.slice(0, 300)}`),
  secret("PEM key cut at its beginning", tail(64), `${keyBody}\n${label("END")}`),
  secret("query parameter", "hunter2x", "GET /v1/files?limit=5&api_key=hunter2x&page=2"),
  secret(
    "percent-encoded query parameter",
    "hunter2x",
    "redirect=https%3A%2F%2Fhost%2F%3Ftoken%3Dhunter2x%26a%3D1",
  ),
  secret("environment variable", "hunter2x", "TELEGRAM_SECRET=hunter2x node main.js"),
  secret("YAML", "hunter2x", "db:\n  user: app\n  password: hunter2x\n"),
  secret("JSON text", "hunter 2x", '{"user":"app","password":"hunter 2x","port":1}'),
  secret(
    "JSON text with a quote in the secret",
    'ter"2x',
    `{"password":${JSON.stringify('hun"ter"2x')},"port":1}`,
  ),
  secret("pretty JSON text", "hunter 2x", JSON.stringify({ clientSecret: "hunter 2x" }, null, 2)),
  secret("object in JSON text", "hunter2x", '{"credentials":{"user":"app","key":["hunter2x"]},"port":1}'),
  secret("JSON in JSON text", "hunter 2x", JSON.stringify({ body: JSON.stringify({ apiKey: "hunter 2x" }) })),
  secret(
    "JSON in JSON in JSON text",
    "hunter 2x",
    JSON.stringify(JSON.stringify({ body: JSON.stringify({ apiKey: "hunter 2x" }) })),
  ),
  secret("inspected object", "hunter 2x", "{ user: 'app', 'x-api-key': 'hunter 2x', port: 1 }"),
  secret(
    "inspected object without quotes around the key",
    "hunter 2x",
    "{ user: 'app', password: 'hunter 2x' }",
  ),
  secret("JSON text cut in the secret", "hunter 2x", '{"user":"app","password":"hunter 2x'),
  secret("cookie header", "hunter2x", "Cookie: theme=dark; session=hunter2x; lang=en"),
  secret("cookie header of curl", "hunter2x", "curl -H 'Cookie: a=b; sid=hunter2x' https://example.org"),
  secret("authorization header", "hunter2x", "authorization: Custom user=1, response=hunter2x"),
  secret("name in words", "hunter2x", "The API key: hunter2x was refused"),
  secret("command line flag", "hunter2x", "tool run --api-key hunter2x --verbose"),
  secret("Ruby hash", "hunter2x", '{"password"=>"hunter2x"}'),
  secret("index assignment", "hunter2x", 'headers["x-auth-token"] = "hunter2x"'),
  secret("escaped line break before the name", "hunter2x", "first line\\npassword: hunter2x\\nlast"),
  secret("AWS secret key beside its id", `${tail(38)}/+`, `AKIA${upper(16)},${tail(38)}/+`),
  secret("GitHub app token", `ghs_${tail(36)}`),
  secret("Slack user token", `xoxp-1234567890-1234567890-${tail(32)}`),
  secret("Slack app token", `xapp-1-A0123456789-1234567890-${tail(32).toLowerCase()}`),
  secret("Slack refresh token", `xoxe.xoxp-1-${tail(60)}`),
  secret("Discord webhook", tail(68), `https://discord.com/api/webhooks/123456789012345678/${tail(68)}`),
  secret("npm token", `npm_${tail(36)}`),
  secret("Stripe restricted key", `rk_test_${tail(24)}`),
  secret("Stripe webhook secret", `whsec_${tail(32)}`),
  secret("Groq key", `gsk_${tail(52)}`),
  secret("xAI key", `xai-${tail(80)}`),
  secret("PyPI token", `pypi-AgEIcHlwaS5vcmc${tail(60)}`),
  secret("age key", `AGE-SECRET-KEY-1${upper(58)}`),
  secret("AssemblyAI key by its name", tail(32).toLowerCase(), `ASSEMBLYAI_KEY=${tail(32).toLowerCase()}`),
  secret("AssemblyAI key in a header", tail(32).toLowerCase(), `authorization: ${tail(32).toLowerCase()}`),
  secret(
    "Telegram api hash",
    tail(32).toLowerCase(),
    `{ api_id: 12345, api_hash: "${tail(32).toLowerCase()}" }`,
  ),
  secret(
    "Telegram URL within a query",
    "123456%3AAAtest",
    "https://proxy.example/?to=https%3A%2F%2Fapi.telegram.org%2Fbot123456%3AAAtest%2FgetMe",
  ),
  secret("Telegram webhook secret", "hunter2x", "X-Telegram-Bot-Api-Secret-Token: hunter2x"),
  secret(
    "OpenSSH key",
    tail(64),
    `-----BEGIN ${"OPENSSH"} PRIVATE KEY-----\n${keyBody}\n-----END ${"OPENSSH"} PRIVATE KEY-----`,
  ),
  secret(
    "key on one line",
    tail(64),
    `-----BEGIN ${"PRIVATE"} KEY----- ${tail(64)} -----END ${"PRIVATE"} KEY-----`,
  ),
  secret("MySQL connection string", "hunter2x", "mysql://app:hunter2x@db:3306/app"),
  secret("Redis connection string", "hunter2x", "redis://:hunter2x@cache:6379/0"),
  secret("MongoDB connection string", "hunter2x", "mongodb+srv://app:hunter2x@cluster.example.net/app?w=1"),
  secret("MongoDB hosts", "hunter2x", "mongodb://app:hunter2x@a:27017,b:27017/app?replicaSet=r"),
  secret("AMQP connection string", "hunter2x", "amqps://app:hunter2x@mq:5671/vhost"),
  secret("JDBC connection string", "hunter2x", "jdbc:postgresql://db/app?user=app&password=hunter2x"),
  secret("libpq connection string", "hunter 2x", "host=db user=app password='hunter 2x' dbname=app"),
  secret("connection string of Go", "hunter2x", "app:hunter2x@tcp(db:3306)/app"),
  secret("connection string without a scheme", "hunter2x", "proxy app:hunter2x@proxy.internal:3128"),
  secret("percent-encoded connection string", "hunter2x", "u=postgres%3A%2F%2Fapp%3Ahunter2x%40db%2Fapp&v=1"),
  secret(
    "connection string with escaped slashes",
    "hunter2x",
    String.raw`{"url":"https:\/\/app:hunter2x@host\/"}`,
  ),
  secret("YAML block", "hunter2x", "db:\n  password: |\n    hunter2x\n  port: 1"),
  secret("YAML value on its own line", "hunter2x", "password:\n  hunter2x\nport: 1"),
  secret("YAML object", "hunter2x", "credentials:\n  user: app\n  key: hunter2x\nport: 1"),
  secret(
    "YAML block in JSON text",
    "hunter2x",
    JSON.stringify("db:\n  password: >-\n    hunter2x\n  port: 1"),
  ),
  secret("XML element", "hunter2x", "<db><password>hunter2x</password></db>"),
  secret("XML element in XML text", "hunter2x", "&lt;db&gt;&lt;ns:password&gt;hunter2x&lt;/ns:password&gt;"),
  secret("XML character data", "hunter2x", '<apiKey type="s"><![CDATA[hunter2x]]></apiKey>'),
  secret("XML attributes", "hunter2x", '<add key="password" value="hunter2x"/>'),
  secret("named member in JSON text", "hunter 2x", '[{"name":"Authorization","value":"hunter 2x"}]'),
  secret("named member behind its value", "hunter 2x", '[{"value":"hunter 2x","key":"x-api-key"}]'),
  secret("named member in JSON in JSON", "hunter2x", JSON.stringify('{"key":"api_key","value":"hunter2x"}')),
  secret("pair in JSON text", "hunter2x", '[["Host","a"],["Cookie","sid=hunter2x"]]'),
  secret("flat list of headers in JSON text", "hunter2x", '["Host","a","X-Api-Key","hunter2x"]'),
  secret("header set in code", "hunter2x", "headers.set('X-Api-Key', 'hunter2x')"),
  secret("constant defined in code", "hunter2x", "define('DB_PASSWORD', 'hunter2x');"),
  secret(
    "field of a form",
    "hunter2x",
    'Content-Disposition: form-data; name="password"\r\n\r\nhunter2x\r\n--b',
  ),
  secret("SQL password", "hunter 2x", "CREATE ROLE app LOGIN PASSWORD 'hunter 2x'"),
  secret("SQL identified by", "hunter2x", "CREATE USER app IDENTIFIED BY 'hunter2x'"),
  secret("netrc", "hunter2x", "machine api.example login app password hunter2x"),
  secret("Dockerfile", "hunter2x", "FROM node\nENV API_KEY hunter2x\n"),
  secret("login of curl", "hunter2x", "curl -s -u app:hunter2x https://example.org"),
  secret("coloured object", "hunter 2x", "{ password: \u001b[32m'hunter 2x'\u001b[39m }"),
  secret("coloured name", "hunter2x", "\u001b[33mpassword\u001b[0m: hunter2x"),
  secret("coloured name without its control characters", "hunter2x", "[33mpassword[0m: [32mhunter2x[0m"),
  secret("coloured name with spaces for its control characters", "hunter2x", " [33mpassword [0m: hunter2x"),
  secret("JSON in HTML", "hunter 2x", "{&quot;apiKey&quot;:&quot;hunter 2x&quot;}"),
  secret("Markdown", "hunter2x", "**Password:** hunter2x"),
  secret("Markdown code", "hunter2x", "- **Password**: `hunter2x`"),
  secret("doubly encoded query parameter", "hunter2x", "u=%252Fa%253Ftoken%253Dhunter2x%2526b%253D1"),
  secret("escaped equals sign", "hunter2x", String.raw`{"q":"?a=1\u0026token\u003dhunter2x"}`),
  secret("passphrase of words", "battery staple", "passphrase: correct horse battery staple"),
  secret("digest header", "hunter2x", 'Proxy-Authorization: Digest username="app", response="hunter2x"'),
  secret("Set-Cookie header", "hunter2x", "Set-Cookie: sid=hunter2x; Path=/; HttpOnly"),
  secret("German", "hunter2x", "Passwort: hunter2x"),
  secret("Russian", "hunter2x", "Пароль: hunter2x"),
];

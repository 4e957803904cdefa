/** Every answer that a rep sees says who gave it. */
export const OFFLINE_NOTICE =
  "This comes from the built-in practice coach: it follows fixed rules for English text, it is not a language model, and it can miss a good idea in unusual words.";

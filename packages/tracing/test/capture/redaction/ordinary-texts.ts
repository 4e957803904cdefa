import { createHash } from "node:crypto";

/** Bytes without a pattern in them, always the same ones. */
function noise(bytes: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(bytes / 32) }, (_, n) =>
    createHash("sha256").update(`${n}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, bytes);
}

const hash = (algorithm: string) => createHash(algorithm).update("a").digest("hex");
const UUID = "43eaf9b6-9450-4e87-87f4-7ef4c5440a27";

/** What a traced service sees all day, and must find again as it was. */
export const ORDINARY_TEXTS: readonly string[] = [
  // Prose
  "The rep asked two open questions - and closed.",
  "The task-force met the risk-averse desk-bound team at 10:30; ask-me-anything follows.",
  "task-management, risk-adjusted and disk-encryption are words",
  "Price: 36,000 EUR (12 x 3,000), 19 % VAT, total 42,840.00 EUR. Discount code? None.",
  "Score: 72/100, Tokens: 512, max_tokens: 1024, token count: 3",
  "Token usage: 512 in, 30 out. Cost: $0.0125.",
  "Secret to closing? Listen. The key: patience. Token of appreciation: a card.",
  "Basic questions and Basic understanding, bearer of bad news, Bearer token missing",
  'He said: "the password must have 8 characters" and left.',
  "# Password policy\n\n- at least 12 characters\n- no reuse",
  "Secrets:\n- listen\n- ask",
  "PIN pad, PAT meeting, OTP group",
  "Write to ann.lee@example.org or mailto:sales@example.co.uk?subject=Hi, sip:ann@pbx.example:5060.",
  "Passwortlose Anmeldung ist das Ziel; das Kennwort steht nicht im Ticket. Der Schlüssel: zuhören.",
  "Das Geheimnis: stellen Sie offene Fragen. Größe: 12 × 3, Übergröße: ja.",
  "Секрет успеха прост: задавайте вопросы. Пароли обсудим позже, токены считает модель: 512.",
  "Ключ к сделке: терпение. Цена: 36 000 € в год — «дорого», сказал клиент.",
  "Emoji 🎯🔑🔐 and flags 🇩🇪, a family 👨‍👩‍👧, combining é, and 你好：世界",
  // Code
  "function isTokenExpired(token: string): boolean { return token.length > 0; }",
  "const { password, ...rest } = user; if (!password) throw new Error('Password missing');",
  "interface Login { user: string; password: string; token?: string | undefined }",
  "SELECT id, password_hash FROM users WHERE token IS NOT NULL ORDER BY created_at;",
  '<label for="password">Password</label><input type="password" id="password">',
  "git commit -m 'fix: tokens counted twice' && git push origin main",
  "docker run -u 1000:1000 -p 8080:80 --name web nginx:1.27",
  `apiKey: process.env.OPENAI_API_KEY, token: $${"{TOKEN}"}, password: {{ password }}`,
  'allowedHeaders: ["Authorization", "Content-Type", "X-Request-Id"]',
  "headers: ['cookie', 'accept-language'], required: [\"password\", \"token\"]",
  "at 12:30:45, ratio 3:2, std::vector, a:b:c, x=1;y=2",
  "password: null, secret: true, token: undefined",
  "sk-fading-circle sk-SK sk-folding-cube-animation-delay",
  "Unexpected token 'h', \"hello\" is not valid JSON",
  "Error: no such token:\n    at parse (file.js:12:5)\n    at run (file.js:3:1)",
  "npm_package_name npm_config_registry npm_package_dependencies_typescript_version hf_hub_download",
  '{"usage":{"input_tokens":12,"output_tokens":34},"model":"claude","secretary":"Ann","passed":true}',
  "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
  // Ids, hashes, addresses, times
  `id ${UUID}, ${hash("sha256")}, ${hash("md5")} and commit ${hash("sha1")}`,
  `1700000000:${UUID} 123456789:${hash("sha1")}`,
  "trace 0af7651916cd43dd8448eb211c80319c, traceparent 00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01",
  "2026-11-24T10:00:00.123456Z 1.2.3.4:5432 [::1]:8080 C:\\Users\\ann\\file.txt:12:5",
  "See https://example.org:8080/path@v2?x=1#frag and mailto:a@b.example",
  "https://example.org/a?page=2&sort=token&author=ann#auth",
  "http://localhost:3000/@vite/client https://medium.com/@ann/title ssh://git@github.com/a/b.git",
  'eyJ is how base64 of {" begins; eyJhbGciOi alone says nothing',
  `data:image/png;base64,${noise(3_000).toString("base64")}`,
  noise(2_000).toString("hex"),
  "",
];

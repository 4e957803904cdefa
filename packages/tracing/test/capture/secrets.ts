/** Made-up secrets, each as it really looks, put together so that no scanner takes this file for a leak. */
const tail = (length: number) => "aB3dE5fG7hJ9kL1mN0pQ2rS4tU6vW8xY".repeat(6).slice(0, length);
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

const secret = (kind: string, hidden: string, text = hidden): Secret => ({ kind, text, hidden });

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
];

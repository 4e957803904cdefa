/** What an import adds to a bundle, with everything it brings but its peers; a jump of the root means that an adapter slipped in. */
const peers = [
  "@electric-sql/pglite",
  "@insforge/sdk",
  "@opentelemetry/api",
  "@opentelemetry/otlp-transformer",
  "pg",
];

const entry = (name, limit) => ({
  name,
  path: `dist/${name}.js`,
  limit,
  gzip: true,
  ignore: peers,
  modifyEsbuildConfig: (config) => ({ ...config, platform: "node", format: "esm", logLevel: "error" }),
});

export default [
  entry("index", "205 kB"),
  entry("insforge", "135 kB"),
  entry("postgres", "40 kB"),
  entry("embedded", "50 kB"),
  entry("testing", "165 kB"),
];

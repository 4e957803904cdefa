export { createPostgresClient, type PostgresOptions } from "./postgres-client.ts";
export { createPostgresMigrationTarget } from "./postgres-migrations.ts";

/** What `tracing doctor` looks at: a file for each group of checks, one `Check` for each question. */
export { withExamination } from "./examination.ts";
export { examineAll } from "./examine.ts";

export { sampleRecord } from "../../src/testing/sample-record.ts";

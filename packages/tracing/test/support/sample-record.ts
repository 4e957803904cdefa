export { sampleModelCall, sampleRecord, unfinished } from "../../src/testing/sample-record.ts";

import fc from "fast-check";
import { expect, it } from "vitest";
import { type Column, renderTable } from "../../../src/cli/render/table.ts";
import { cellWidth } from "../../../src/render/cell-text.ts";

interface Row {
  id: string;
  name: string;
  count: number;
}

const columns: Column<Row>[] = [
  { title: "id", toCell: ({ id }) => id },
  { title: "name", toCell: ({ name }) => name, narrowest: 4 },
  { title: "count", align: "right", toCell: ({ count }) => String(count), dispensable: 1 },
];
const rows = [
  { id: "a1", name: "learn", count: 5 },
  { id: "b2", name: "a long name", count: 1_200 },
];

it("aligns columns, and ends no line in blanks", () => {
  expect(renderTable(rows, columns)).toBe(
    ["id  name         count", "a1  learn            5", "b2  a long name   1200"].join("\n"),
  );
});

it("cuts what may be cut before it gives a column up, then leaves out what is dispensable", () => {
  expect(renderTable(rows, columns, { width: 18 }).split("\n")[2]).toBe("b2  a long…   1200");
  expect(renderTable(rows, columns, { width: 14 }).split("\n")).toEqual([
    "id  name",
    "a1  learn",
    "b2  a long na…",
  ]);
});

it("is never wider than it may be, whatever is in it", () => {
  const anyRow = fc.record({
    id: fc.string({ unit: "grapheme", minLength: 1 }),
    name: fc.string({ unit: "grapheme" }),
    count: fc.nat(),
  });
  const plain = (row: Row) => ({
    ...row,
    id: row.id.replace(/\s/g, "_"),
    name: row.name.replace(/\s/g, "_"),
  });
  fc.assert(
    fc.property(fc.array(anyRow), fc.integer({ min: 8, max: 60 }), (any, width) => {
      const lines = renderTable(any.map(plain), columns, { width }).split("\n");
      expect(lines.filter((line) => cellWidth(line) > width)).toEqual([]);
    }),
  );
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { evaluate, ExpressionError } from "./evaluate.ts";

describe("evaluate", () => {
  it.each([
    ["16-3-4", 9],
    ["2+3*4", 14],
    ["(2+3)*4", 20],
    ["60/100*5", 3],
    ["100/10/2", 5],
    ["-5 + 8", 3],
    ["2*-3", -6],
    ["--4", 4],
    [".5*8", 4],
    ["5.*2", 10],
    ["20%*50", 10],
    ["50*(1+10%)", 55],
    ["1,250*2", 2500],
    ["80,000+50,000", 130000],
    ["6×7÷2−1", 20],
    [" ( 1 + 2 ) ", 3],
    ["0.1+0.2", 0.3],
    ["3/4", 0.75],
    ["0*-1", 0],
    ["007+1", 8],
  ])("calculates %s", (expression, value) => {
    expect(evaluate(expression)).toBe(value);
  });

  it.each([
    ["", "ends too early"],
    ["2+", "ends too early"],
    ["(1+2", "ends too early"],
    ["1)", 'Unexpected ")" at position 2'],
    ["2(3)", 'Unexpected "("'],
    ["1,25", 'Unexpected ","'],
    ["1.2.3", 'Unexpected "."'],
    ["1/0", "Division by zero"],
    ["1/(2-2)", "Division by zero"],
    ["2**3", 'Unexpected "*"'],
    ["process.exit(1)", 'Unexpected "p"'],
    ["1e9", 'Unexpected "e"'],
    ["5%3", 'Unexpected "3"'],
    ["9".repeat(400), "too large"],
    ["1".repeat(1001), "longer than"],
    ["(".repeat(101) + "1" + ")".repeat(101), "nested more than"],
  ])("refuses %s", (expression, message) => {
    expect(() => evaluate(expression)).toThrow(ExpressionError);
    expect(() => evaluate(expression)).toThrow(message);
  });

  it("agrees with direct arithmetic on random trees", () => {
    type Node = { text: string; value: number };
    const leaf: fc.Arbitrary<Node> = fc.integer({ min: 0, max: 9999 }).map((cents) => ({ text: String(cents / 100), value: cents / 100 }));
    const { node } = fc.letrec<{ node: Node }>((tie) => ({
      node: fc.oneof(
        { depthSize: "small", withCrossShrink: true },
        leaf,
        fc.tuple(tie("node"), fc.constantFrom("+", "-", "*"), tie("node")).map(([left, operator, right]) => ({
          text: `(${left.text} ${operator} ${right.text})`,
          value: operator === "+" ? left.value + right.value : operator === "-" ? left.value - right.value : left.value * right.value,
        })),
      ),
    }));
    fc.assert(
      fc.property(node, ({ text, value }) => {
        fc.pre(text.length <= 1000 && Number.isFinite(value));
        expect(evaluate(text)).toBeCloseTo(Number(value.toPrecision(12)), 6);
      }),
    );
  });

  it("throws nothing but its own error", () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...Array.from("0123456789.,+-*/()% x")) }), (text) => {
        try {
          expect(Number.isFinite(evaluate(text))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(ExpressionError);
        }
      }),
    );
  });
});

import fc from "../../support/random-inputs.js";
import { describe, expect, test } from "vitest";
import { NumberedRoster, Roster } from "../../../src/runtime/linux/roster.js";

describe("Roster", () => {
  test("does what a Set does", () => {
    fc.assert(fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(12))), (steps) => {
      const roster = new Roster<number>(), set = new Set<number>();
      for (const [add, n] of steps) {
        if (add) {
          roster.add(n);
          set.add(n);
        } else {
          roster.delete(n);
          set.delete(n);
        }
        expect([...roster]).toEqual([...set]);
        expect(roster.size).toBe(set.size);
        expect(roster.first).toBe([...set][0]);
        expect(roster.has(n)).toBe(set.has(n));
      }
    }));
  });

  test("members may go while it is iterated", () => {
    const roster = new Roster<number>();
    for (let i = 0; i < 5; i++) roster.add(i);
    const seen: number[] = [];
    for (const n of roster) {
      seen.push(n);
      roster.delete(n);
    }
    expect(seen).toEqual([0, 1, 2, 3, 4]);
    expect(roster.size).toBe(0);
  });
});

test("NumberedRoster does what a Map does, in order of the numbers", () => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(12))), (steps) => {
    const roster = new NumberedRoster<object>(), map = new Map<number, object>();
    for (const [set, n] of steps) {
      const member = {};
      if (set) {
        roster.set(n, member);
        map.set(n, member);
      } else {
        roster.delete(n);
        map.delete(n);
      }
      const sorted = [...map].sort(([a], [b]) => a - b).map(([, v]) => v);
      const members = [...roster.values()];
      expect(members.length).toBe(sorted.length);
      expect(members.every((m, i) => m === sorted[i])).toBe(true);
      expect(roster.size).toBe(map.size);
      for (let i = 0; i <= 12; i++) {
        expect(roster.get(i)).toBe(map.get(i));
        expect(roster.has(i)).toBe(map.has(i));
      }
    }
    roster.clear();
    expect(roster.size).toBe(0);
    expect([...roster.values()]).toEqual([]);
  }));
});

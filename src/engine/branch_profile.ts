// A profile of branches: how often each went which way, by the hashes of functions, so that it fits whatever module has the same function. To be saved, merged, and given to another run.

/** How often a branch went which way. */
export interface ProfiledBranch {
  /** Offset in the function's body. */
  readonly offset: number;
  /** Of a branch with a condition: how often it held, and did not; of a `br_table`: each label, the default last. */
  readonly counts: readonly number[];
  /** Whether it is a `br_table`. */
  readonly table: boolean;
}

/** The branches of a function. */
export interface FunctionBranches {
  /** Its name where it was counted. */
  readonly name: string;
  /** In the order of their offsets. */
  readonly branches: readonly ProfiledBranch[];
}

/** A profile as JSON. */
export interface BranchProfileData {
  /** What the file is. */
  readonly strata: "branch profile";
  /** Version of the form. */
  readonly version: 1;
  /** By the hash of signature and body. */
  readonly functions: Readonly<Record<string, FunctionBranches>>;
}

const DIGITS = /^[0-9a-f]{64}$/;

function isCount(n: unknown): n is number {
  return typeof n === "number" && Number.isSafeInteger(n) && n >= 0;
}

function checkFunction(hash: string, given: unknown): FunctionBranches {
  const wrong = (why: string) => new TypeError(`no branch profile: function ${hash}: ${why}`);
  const { name, branches } = (given ?? {}) as Partial<FunctionBranches>;
  if (!DIGITS.test(hash)) throw wrong("the hash has 64 hexadecimal digits");
  if (typeof name !== "string" || !Array.isArray(branches)) throw wrong("a name and a list of branches were expected");
  const made = branches.map((branch): ProfiledBranch => {
    const { offset, counts, table } = (branch ?? {}) as Partial<ProfiledBranch>;
    if (!isCount(offset) || !Array.isArray(counts) || !counts.every(isCount) || typeof table !== "boolean") {
      throw wrong("a branch has an offset, counts, and says whether it is a table");
    }
    if (!table && counts.length !== 2) throw wrong(`the branch at ${offset} has ${counts.length} counts instead of 2`);
    return { offset, counts: [...counts], table };
  });
  return { name, branches: made };
}

/** A profile of branches. */
export class BranchProfile {
  /** The functions by the hash of signature and body. */
  readonly functions: ReadonlyMap<string, FunctionBranches>;

  /** Takes functions by their hashes. */
  constructor(functions: ReadonlyMap<string, FunctionBranches> = new Map()) {
    this.functions = functions;
  }

  /** Takes what `toJSON()` gave, as a string or an object. Throws TypeError, SyntaxError for anything else. */
  static from(json: string | BranchProfileData): BranchProfile {
    const data: unknown = typeof json === "string" ? JSON.parse(json) : json;
    const { strata, version, functions } = (data ?? {}) as Partial<BranchProfileData>;
    if (strata !== "branch profile" || version !== 1 || typeof functions !== "object" || functions === null) {
      throw new TypeError("no branch profile: it has the members strata, version (1) and functions");
    }
    return new BranchProfile(
      new Map(Object.entries(functions).map(([hash, f]) => [hash, checkFunction(hash, f)])),
    );
  }

  /** For JSON.stringify. */
  toJSON(): BranchProfileData {
    return { strata: "branch profile", version: 1, functions: Object.fromEntries(this.functions) };
  }

  /** The sum of both. */
  merge(other: BranchProfile): BranchProfile {
    const sum = new Map(this.functions);
    for (const [hash, { name, branches }] of other.functions) {
      const mine = sum.get(hash);
      if (mine === undefined) {
        sum.set(hash, { name, branches });
        continue;
      }
      const byOffset = new Map(mine.branches.map((b) => [b.offset, b]));
      for (const branch of branches) {
        const before = byOffset.get(branch.offset)?.counts ?? [];
        byOffset.set(branch.offset, { ...branch, counts: branch.counts.map((n, i) => n + (before[i] ?? 0)) });
      }
      sum.set(hash, { name: mine.name, branches: [...byOffset.values()].sort((a, b) => a.offset - b.offset) });
    }
    return new BranchProfile(sum);
  }
}

// THE table of errors of WASI preview 1: the row is the code that guests see. Takes errors of the host, gives such codes.

/** Name, and Linux's number for the same error (0: it has none). */
const ERRORS = [
  ["success", 0],
  ["2big", 7],
  ["acces", 13],
  ["addrinuse", 98],
  ["addrnotavail", 99],
  ["afnosupport", 97],
  ["again", 11],
  ["already", 114],
  ["badf", 9],
  ["badmsg", 74],
  ["busy", 16],
  ["canceled", 125],
  ["child", 10],
  ["connaborted", 103],
  ["connrefused", 111],
  ["connreset", 104],
  ["deadlk", 35],
  ["destaddrreq", 89],
  ["dom", 33],
  ["dquot", 122],
  ["exist", 17],
  ["fault", 14],
  ["fbig", 27],
  ["hostunreach", 113],
  ["idrm", 43],
  ["ilseq", 84],
  ["inprogress", 115],
  ["intr", 4],
  ["inval", 22],
  ["io", 5],
  ["isconn", 106],
  ["isdir", 21],
  ["loop", 40],
  ["mfile", 24],
  ["mlink", 31],
  ["msgsize", 90],
  ["multihop", 72],
  ["nametoolong", 36],
  ["netdown", 100],
  ["netreset", 102],
  ["netunreach", 101],
  ["nfile", 23],
  ["nobufs", 105],
  ["nodev", 19],
  ["noent", 2],
  ["noexec", 8],
  ["nolck", 37],
  ["nolink", 67],
  ["nomem", 12],
  ["nomsg", 42],
  ["noprotoopt", 92],
  ["nospc", 28],
  ["nosys", 38],
  ["notconn", 107],
  ["notdir", 20],
  ["notempty", 39],
  ["notrecoverable", 131],
  ["notsock", 88],
  ["notsup", 95],
  ["notty", 25],
  ["nxio", 6],
  ["overflow", 75],
  ["ownerdead", 130],
  ["perm", 1],
  ["pipe", 32],
  ["proto", 71],
  ["protonosupport", 93],
  ["prototype", 91],
  ["range", 34],
  ["rofs", 30],
  ["spipe", 29],
  ["srch", 3],
  ["stale", 116],
  ["timedout", 110],
  ["txtbsy", 26],
  ["xdev", 18],
  ["notcapable", 0],
] as const;

type Name = (typeof ERRORS)[number][0];

/** The codes by name, in capitals: `Errno.NOENT`. */
export const Errno = Object.fromEntries(ERRORS.map(([name], code) => [name.toUpperCase(), code])) as {
  readonly [N in Uppercase<Name>]: number;
};

const BY_LINUX = new Map<number, number>(ERRORS.map(([, linux], code) => [linux, code]));

/** The name of a code, such as `noent`. */
export function errnoName(code: number): string {
  return ERRORS[code]?.[0] ?? String(code);
}

/** The code for an error number of Linux. */
export function errnoOfLinux(number: number): number {
  return BY_LINUX.get(number) ?? Errno.IO;
}

/** A call failed in a way that the guest is told. No Error, since a stack trace that nobody reads would take longer than most calls. */
export class WasiError {
  /** Takes a code of the table. */
  constructor(readonly errno: number) {}

  /** The code's name. */
  get message(): string {
    return errnoName(this.errno);
  }
}

/** Ends a call with a code of the table. */
export function fail(errno: number): never {
  throw new WasiError(errno);
}

/** The code for what a call threw; undefined if it is nothing that a guest can be told. */
export function errnoOf(error: unknown): number | undefined {
  if (error instanceof WasiError) return error.errno;
  if (error instanceof Deno.errors.NotCapable) return Errno.ACCES;
  const code = error instanceof Error ? (error as { code?: unknown }).code : undefined;
  if (typeof code === "string" && code.startsWith("E")) {
    const found = Errno[code.slice(1) as Uppercase<Name>];
    if (found !== undefined) return found;
    if (code === "EOPNOTSUPP") return Errno.NOTSUP;
  }
  const number = error instanceof Error ? /\(os error (\d+)\)/.exec(error.message) : null;
  if (number !== null) return errnoOfLinux(Number(number[1]));
  if (error instanceof Deno.errors.BadResource) return Errno.BADF;
  if (error instanceof Deno.errors.InvalidData) return Errno.ILSEQ;
  return undefined;
}

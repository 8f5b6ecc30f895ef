// The registers of x86-64 by their number in the encoding, and the condition codes.
// General and vector registers are numbered separately; which is meant follows from the instruction.

/** Number of a general register. */
export type Gpr = number;

/** Number of a vector register. */
export type Xmm = number;

export const RAX = 0;
export const RCX = 1;
export const RDX = 2;
export const RBX = 3;
export const RSP = 4;
export const RBP = 5;
export const RSI = 6;
export const RDI = 7;
export const R8 = 8;
export const R9 = 9;
export const R10 = 10;
export const R11 = 11;
export const R12 = 12;
export const R13 = 13;
export const R14 = 14;
export const R15 = 15;

export const XMM0 = 0;
export const XMM1 = 1;
export const XMM2 = 2;
export const XMM3 = 3;
export const XMM4 = 4;
export const XMM5 = 5;
export const XMM6 = 6;
export const XMM7 = 7;
export const XMM8 = 8;
export const XMM9 = 9;
export const XMM10 = 10;
export const XMM11 = 11;
export const XMM12 = 12;
export const XMM13 = 13;
export const XMM14 = 14;
export const XMM15 = 15;

/** In place of a base register: the address is index * scale + displacement. */
export const NO_BASE = -1;

/** Names of the general registers by width in bits. */
export const GPR_NAMES: Readonly<Record<8 | 16 | 32 | 64, readonly string[]>> = {
  8: names("al cl dl bl spl bpl sil dil r8b r9b r10b r11b r12b r13b r14b r15b"),
  16: names("ax cx dx bx sp bp si di r8w r9w r10w r11w r12w r13w r14w r15w"),
  32: names("eax ecx edx ebx esp ebp esi edi r8d r9d r10d r11d r12d r13d r14d r15d"),
  64: names("rax rcx rdx rbx rsp rbp rsi rdi r8 r9 r10 r11 r12 r13 r14 r15"),
};

function names(list: string): readonly string[] {
  return list.split(" ");
}

/** Condition codes as encoded in jcc, setcc and cmovcc; `cond ^ 1` is the opposite. */
export const Cond = {
  /** Overflow. */
  O: 0,
  NO: 1,
  /** Unsigned less than; also "carry". */
  B: 2,
  AE: 3,
  /** Equal; zero. */
  E: 4,
  NE: 5,
  BE: 6,
  /** Unsigned greater than. */
  A: 7,
  /** Negative. */
  S: 8,
  NS: 9,
  /** Parity: after ucomiss and ucomisd, an operand was NaN. */
  P: 10,
  NP: 11,
  /** Signed less than. */
  L: 12,
  GE: 13,
  LE: 14,
  /** Signed greater than. */
  G: 15,
} as const;

/** A condition code. */
export type Cond = number;

/** Suffixes of jcc, setcc and cmovcc by condition code. */
export const COND_NAMES: readonly string[] = names("o no b ae e ne be a s ns p np l ge le g");

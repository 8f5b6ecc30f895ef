// The version of Strata, for those who ask and for what is kept between runs.

/** Strata's version. */
export const VERSION = "0.1.0";

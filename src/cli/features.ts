// Features on the command line and of folders: from `threads,-gc` to what Engine and decoder take.

import { type Feature, FEATURES, type FeatureSet, featureSet } from "../wasm/features.ts";
import { UsageError } from "./exit.ts";

/** Features to switch on or off, by name. */
export type FeatureChange = Readonly<Partial<Record<Feature, boolean>>>;

/** What `--features` says about its argument. */
export const FEATURES_HELP = `features to switch on, or off with a minus (threads,-gc): ${FEATURES.join(", ")}`;

/** A list such as `threads,-gc`, after what an earlier list said. Throws UsageError for a name that is none. */
export function parseFeatures(list: string, before: FeatureChange = {}): FeatureChange {
  const change: Partial<Record<Feature, boolean>> = { ...before };
  for (const word of list.split(",").map((w) => w.trim()).filter((w) => w !== "")) {
    const name = word.replace(/^[-+]/, "") as Feature;
    if (!FEATURES.includes(name)) {
      throw new UsageError(`there is no feature "${name}"; features are ${FEATURES.join(", ")}`);
    }
    change[name] = !word.startsWith("-");
  }
  return change;
}

/**
 * What the scripts of a proposal are written for, by folder. The suite of threads is older than multiple memories, and expects that they are refused.
 */
const PROPOSALS: ReadonlyMap<string, FeatureChange> = new Map<string, FeatureChange>([
  ["threads", { threads: true, "multi-memory": false }],
  ["wide-arithmetic", { "wide-arithmetic": true }],
  ["custom-page-sizes", { "custom-page-sizes": true }],
]);

/** The proposal that a script at `path` is about and that Strata has no part of; undefined if there is none. */
export function unknownProposal(path: string): string | undefined {
  const folder = /(?:^|\/)proposals\/([^/]+)\//.exec(path)?.[1];
  return folder === undefined || PROPOSALS.has(folder) ? undefined : folder;
}

/** The features of a script at `path`: in a folder `proposals/<name>` those that it is written for; `change` goes before that. */
export function featuresOfScript(path: string, change: FeatureChange = {}): FeatureSet {
  const folder = /(?:^|\/)proposals\/([^/]+)\//.exec(path)?.[1];
  return featureSet({ ...PROPOSALS.get(folder ?? ""), ...change });
}

// What did a run show? Tables for people, the same rows on the terminal and in RESULTS.md.
import { OPPONENTS } from './opponents.mjs';
import { median, ratio, speed, spread } from './statistics.mjs';
import { formatPercent, formatRatio, formatTime } from './table.mjs';
import { judge, judgeCold, judgeDownloads, ran } from './targets.mjs';

export const HEAD = ['', 'median', '±', 'GFLOP/s', 'of peak', 'gated is', 'target'];

/** Rows of one case, one for each opponent that ran or declined it; the machine's peaks come last. */
export function caseRows(result) {
  const own = ['relaxed', 'baseline'].find((name) => ran(result, name));
  const verdicts = judge(result);
  return Object.entries(result.opponents)
    .filter(([, entry]) => entry.rounds || !/kernels|no ONNX/.test(entry.declined))
    .map(([name, entry]) => opponentRow(result, name, entry, own, verdicts));
}

function opponentRow(result, name, entry, own, verdicts) {
  const title = OPPONENTS[name]?.title ?? name;
  if (!entry.rounds) return [title, entry.declined, '', '', '', '', ''];
  const peak = `peak-${name}`;
  const isPeak = name.startsWith('peak-');
  const share = ran(result, peak) ? formatPercent(ratio(entry, result.opponents[peak])) : '';
  const compared = own && name !== own && !isPeak ? formatRatio(ratio(result.opponents[own], entry)) : '';
  const verdict = verdicts.find((v) => (v.of === own ? v.against === name : v.of === name));
  return [
    title + (entry.note ? ` (${entry.note})` : ''),
    isPeak ? '' : formatTime(median(entry.rounds)),
    formatPercent(spread(entry.rounds)),
    speed(entry).toFixed(1),
    share,
    compared,
    verdict ? formatVerdict(verdict) : '',
  ];
}

function formatVerdict({ of, against, atLeast, got, met }) {
  const share = against.startsWith('peak-') || of === 'baseline';
  const what = share ? `${formatPercent(atLeast)} of ${against}` : formatRatio(atLeast);
  return met ? `≥ ${what}` : `≥ ${what}: MISSED${share ? `, ${formatPercent(got)}` : ''}`;
}

export const COLD_HEAD = ['', 'to the first result', 'over bare', 'peak memory', 'download, gzip', 'target'];

/** cold: what measureCold gives. */
export function coldRows(cold) {
  const verdicts = judgeCold(cold);
  const own = cold.find(({ name }) => name === 'relaxed') ? 'relaxed' : 'baseline';
  return cold.map(({ name, total, overBare, rss, download }) => {
    const [floor, ...others] = verdicts;
    const verdict = name === own ? floor : others.find(({ against }) => against === name);
    const text = verdict && (name === own ? `≤ ${verdict.atMost} ms` : 'gated starts sooner');
    return [
      OPPONENTS[name].title,
      `${total.toFixed(0)} ms`,
      `${overBare.toFixed(1)} ms`,
      `${(rss / 2 ** 20).toFixed(0)} MiB`,
      download ? `${(download / 1000).toFixed(0)} kB` : '',
      verdict ? (verdict.met ? text : `${text}: MISSED`) : '',
    ];
  });
}

export const DOWNLOAD_HEAD = ['', 'gzip', 'gated is', 'target'];

/** downloads: what measureDownloads gives. gated's two builds are one file, told once. */
export function downloadRows(downloads) {
  const own = downloads.relaxed ?? downloads.baseline;
  const [verdict] = judgeDownloads(downloads);
  return Object.entries(downloads)
    .filter(([name]) => !(name === 'baseline' && downloads.relaxed))
    .map(([name, bytes]) => {
      const isOwn = name === 'relaxed' || name === 'baseline';
      const target = verdict?.against === name && `≥ ${verdict.atLeast}×${verdict.met ? '' : ': MISSED'}`;
      return [
        isOwn ? 'gated/onnx, { load }' : OPPONENTS[name].title,
        `${(bytes / 1000).toFixed(1)} kB`,
        isOwn || !own ? '' : `${formatRatio(bytes / own)} smaller`,
        target || '',
      ];
    });
}

/** Versions that opponents told about themselves: `gated 0.1.0, node 24.1.0; torch …`. */
export function versionsOf(results) {
  const found = {};
  for (const { opponents } of results) {
    for (const [name, { versions }] of Object.entries(opponents)) {
      const title = OPPONENTS[name]?.title ?? name;
      // The products are run without the library, which then says nothing about itself.
      if (versions) found[title] = { ...found[title], ...versions };
    }
  }
  const words = (versions) => Object.entries(versions).map((pair) => pair.join(' '));
  return Object.entries(found).map(([title, versions]) => `${title}: ${words(versions).join(', ')}`);
}

/** What was missed, in words. */
export function misses(results, cold = [], downloads = null) {
  return [
    ...results
      .flatMap((result) => judge(result).filter(({ met }) => !met))
      .map(
        ({ case: name, of, against, atLeast, got }) =>
          `${name}: ${of} is ${got.toFixed(2)} × ${against}; the target is ${atLeast}`,
      ),
    ...judgeDownloads(downloads)
      .filter(({ met }) => !met)
      .map(
        ({ against, atLeast, got }) =>
          `download: gated/onnx is ${got.toFixed(1)} times smaller than ${against}; the target is ${atLeast}`,
      ),
    ...judgeCold(cold)
      .filter(({ met }) => !met)
      .map(
        ({ against, atMost, got }) =>
          `cold start: ${got.toFixed(1)} ms; ${against ?? 'the target'} is ${atMost.toFixed(1)}`,
      ),
  ];
}

// Where the decoder looked, as shades in the terminal.
const SHADES = [' ', '·', '░', '▒', '▓', '█'];

/** One line for each token written, one column for each character of the text. weights[t][s] from 0 to 1. */
export function attentionPicture(text, iso, weights) {
  const lines = [...iso].map(
    (token, t) => `${token} ${weights[t].map((w) => SHADES[Math.min(5, Math.ceil(w * 5 - 0.25))]).join('')}`,
  );
  return [`  ${text}`, ...lines].map((line) => line.trimEnd()).join('\n');
}

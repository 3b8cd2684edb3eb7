// This app lies inside a repository, whose lockfile Next.js would take for the project's.
const root = import.meta.dirname;
export default { turbopack: { root }, outputFileTracingRoot: root };

import { runSuite } from '../../../suite.mjs';

export const runtime = 'edge';

export async function POST(request) {
  const { build, given } = await request.json();
  return Response.json(await runSuite(build, given));
}

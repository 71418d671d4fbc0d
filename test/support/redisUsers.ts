import { readFileSync } from 'node:fs';

const FILE = new URL('../../config/security/redis-users.acl', import.meta.url);

/** The rules of a user in config/security/redis-users.acl for a deployment, as `ACL SETUSER name …` takes them. */
export function redisRules(user: 'lethe-learner' | 'lethe-infer', model: string, password: string): string[] {
  const line = readFileSync(FILE, 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`user ${user} `));
  if (line === undefined) throw new Error(`${FILE.pathname} has no user ${user}`);
  const rules = line
    .slice(`user ${user} `.length)
    .replaceAll('{main}', `{${model}}`)
    .replace('CHANGE-ME', password);
  // What stands in parentheses is one rule.
  return rules.match(/\([^)]*\)|\S+/g) ?? [];
}

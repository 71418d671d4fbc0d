/** Prints the calls of kafka-acls.sh that give a user the least rights: see docs/security.md. */
import { parseArgs } from 'node:util';
import { ACL_ROLES, aclCommands } from './security/kafkaAcls.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    user: { type: 'string' },
    model: { type: 'string', default: 'main' },
    prefix: { type: 'string', default: 'lethe.' },
    brokers: { type: 'string', default: '127.0.0.1:9092' },
  },
});
const role = ACL_ROLES.find((known) => known === positionals[0]);
if (role === undefined) {
  console.error(
    `usage: npm run --silent security:acls -- ${ACL_ROLES.join('|')} [--user …] [--model …] [--prefix …] [--brokers …]`,
  );
  process.exit(2);
}
const { model, prefix, brokers, user = `lethe-${role}` } = values;
for (const line of aclCommands({ role, user, model, prefix }, brokers)) console.log(line);

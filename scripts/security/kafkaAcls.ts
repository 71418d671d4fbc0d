import { readFileSync } from 'node:fs';

import kafkajs, { type AclEntry, type AclResourceTypes } from 'kafkajs';
import { z } from 'zod';

const OPERATIONS = ['READ', 'WRITE', 'DELETE', 'DESCRIBE', 'DESCRIBE_CONFIGS'] as const;
const common = { prefixed: z.boolean().default(false), allow: z.array(z.enum(OPERATIONS)).min(1) };
const ruleSchema = z.union([
  z.strictObject({ topic: z.string(), ...common }),
  z.strictObject({ group: z.string(), ...common }),
  z.strictObject({ transactionalId: z.string(), ...common }),
]);
type Rule = z.infer<typeof ruleSchema>;

export const ACL_ROLES = ['learner', 'infer', 'gateway', 'producer', 'reader'] as const;
export type AclRole = (typeof ACL_ROLES)[number];

/** Whom the rights are given, for which deployment. */
export interface Grant {
  readonly role: AclRole;
  /** User of the cluster, without `User:`. */
  readonly user: string;
  /** `model.name` and `transport.topicPrefix` of the deployment. */
  readonly model: string;
  readonly prefix: string;
}

const FILE = new URL('../../config/security/kafka-acls.json', import.meta.url);

/** The rights of config/security/kafka-acls.json, with the names of a deployment put in. */
export function aclsOf(grant: Grant): AclEntry[] {
  return rulesOf(grant).flatMap(({ allow, ...rule }) => {
    const { kind, name } = resourceOf(rule);
    return allow.map((operation) => ({
      resourceType: RESOURCE[kind],
      resourceName: name,
      resourcePatternType: rule.prefixed ? patterns.PREFIXED : patterns.LITERAL,
      principal: `User:${grant.user}`,
      host: '*',
      operation: operations[operation],
      permissionType: permissions.ALLOW,
    }));
  });
}

/** The same as calls of Kafka's own tool. */
export function aclCommands(grant: Grant, brokers: string): string[] {
  return rulesOf(grant).map(({ allow, ...rule }) => {
    const { kind, name } = resourceOf(rule);
    const option = { topic: '--topic', group: '--group', transactionalId: '--transactional-id' }[kind];
    const operations = allow.map((operation) => `--operation ${WORDS[operation]}`).join(' ');
    const pattern = rule.prefixed ? ' --resource-pattern-type prefixed' : '';
    return `kafka-acls.sh --bootstrap-server ${brokers} --add --allow-principal User:${grant.user} ${operations} ${option} '${name}'${pattern}`;
  });
}

function rulesOf({ role, model, prefix }: Grant): Rule[] {
  const text = readFileSync(FILE, 'utf8').replaceAll('{model}', model).replaceAll('{prefix}', prefix);
  return z.record(z.enum(ACL_ROLES), z.array(ruleSchema)).parse(JSON.parse(text))[role];
}

type Kind = 'topic' | 'group' | 'transactionalId';

function resourceOf(rule: Omit<Rule, 'allow'> | object): { kind: Kind; name: string } {
  const [[kind, name] = ['topic', '']] = Object.entries(rule).filter(([key]) => key !== 'prefixed');
  return { kind: kind as Kind, name: String(name) };
}

const {
  AclOperationTypes: operations,
  AclPermissionTypes: permissions,
  ResourcePatternTypes: patterns,
} = kafkajs;
const RESOURCE: Readonly<Record<Kind, AclResourceTypes>> = {
  topic: kafkajs.AclResourceTypes.TOPIC,
  group: kafkajs.AclResourceTypes.GROUP,
  transactionalId: kafkajs.AclResourceTypes.TRANSACTIONAL_ID,
};
const WORDS: Readonly<Record<(typeof OPERATIONS)[number], string>> = {
  READ: 'Read',
  WRITE: 'Write',
  DELETE: 'Delete',
  DESCRIBE: 'Describe',
  DESCRIBE_CONFIGS: 'DescribeConfigs',
};

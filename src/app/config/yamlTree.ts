import { parse } from 'yaml';

/**
 * The values in a YAML document.
 * @throws Error where it is not well-formed, or its values hold themselves (by an alias of what is around it) or are nested too
 * deeply: nobody could walk them to the end
 */
export function treeOf(text: string): unknown {
  const tree: unknown = parse(text, { logLevel: 'error' });
  JSON.stringify(tree);
  return tree;
}

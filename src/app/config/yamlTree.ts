import { parse } from 'yaml';

/**
 * The values in a YAML document.
 * @throws Error if it is not well-formed, or its values contain themselves (by an alias of something around it) or
 * are nested too deeply to traverse
 */
export function treeOf(text: string): unknown {
  const tree: unknown = parse(text, { logLevel: 'error' });
  JSON.stringify(tree);
  return tree;
}

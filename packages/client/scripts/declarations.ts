import { basename, dirname, join } from 'node:path';
import ts from 'typescript';

/** The module whose types come from zod's schemas, which programs do not install: they are written out. */
const MESSAGES = 'messages';
const FORMAT = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.InTypeAlias;

/** A module by its name: what it declares, and the modules that this names. */
interface Declared {
  readonly text: string;
  readonly named: readonly ts.SourceFile[];
}

/**
 * The declarations that programs see: of the entries, and of the modules that they name.
 * @param folder where the entries are
 * @returns texts by file name
 * @throws Error where one names a module that would have to be installed
 */
export function declarations(folder: string, entries: readonly string[]): Map<string, string> {
  const program = programOf(entries.map((name) => join(folder, `${name}.ts`)));
  const missing = entries.map((name) => sourceAt(program, join(folder, `${name}.ts`)));
  const texts = new Map<string, string>();
  for (let source = missing.pop(); source !== undefined; source = missing.pop()) {
    const name = basename(source.fileName, '.ts');
    if (texts.has(`${name}.d.ts`)) continue;
    const { text, named } = name === MESSAGES ? writtenOut(program, source) : emitted(program, source);
    texts.set(`${name}.d.ts`, text);
    missing.push(...named);
  }
  return texts;
}

function programOf(roots: readonly string[]): ts.Program {
  const file = ts.findConfigFile(dirname(roots[0] ?? '.'), ts.sys.fileExists);
  if (file === undefined) throw new Error('there is no tsconfig.json');
  const { config } = ts.readConfigFile(file, ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, dirname(file));
  return ts.createProgram(roots, {
    ...options,
    noEmit: false,
    declaration: true,
    emitDeclarationOnly: true,
  });
}

function sourceAt(program: ts.Program, path: string): ts.SourceFile {
  const source = program.getSourceFile(path);
  if (source === undefined) throw new Error(`${path} is not part of the client`);
  return source;
}

/** As the compiler declares it; what it names lies beside it. */
function emitted(program: ts.Program, source: ts.SourceFile): Declared {
  let text = '';
  program.emit(source, (_, written) => {
    text = written;
  });
  const named = [...text.matchAll(/(?:from |import\()["']([^"']+)["']/g)].map(([, module = '']) => {
    if (!module.startsWith('./')) throw new Error(`the declarations of ${source.fileName} name ${module}`);
    return sourceAt(program, join(dirname(source.fileName), module.replace(/\.js$/, '.ts')));
  });
  return { text, named };
}

/** Types as what they were inferred to be; a class as the module declares it that has it. */
function writtenOut(program: ts.Program, source: ts.SourceFile): Declared {
  const checker = program.getTypeChecker();
  const module = checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${source.fileName} exports nothing`);
  const named: ts.SourceFile[] = [];
  const lines = checker.getExportsOfModule(module).map((exported) => {
    const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
    const { name, flags, valueDeclaration } = symbol;
    if (flags & ts.SymbolFlags.Class && valueDeclaration) {
      const origin = valueDeclaration.getSourceFile();
      named.push(origin);
      return `export { ${name} } from './${basename(origin.fileName, '.ts')}.js';`;
    }
    return flags & ts.SymbolFlags.TypeAlias
      ? `export type ${name} = ${checker.typeToString(checker.getDeclaredTypeOfSymbol(symbol), undefined, FORMAT)};`
      : `export declare const ${name}: ${checker.typeToString(checker.getTypeOfSymbol(symbol), undefined, FORMAT)};`;
  });
  return { text: `${lines.join('\n')}\n`, named };
}

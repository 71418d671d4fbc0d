import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../src/data/cacheFolder.js';
import { wholeFolder } from '../../src/data/wholeFolder.js';
import { type Say, sha256Of, sha256OfText } from './commands.js';
import { dependencyPlugin, javaObstacle } from './java.js';

const KAFKA = '4.2.1';
const LOG4J = '2.25.5';
/** Of the lines `<SHA-256>  <file name>` of all jars in the order of their names, as `sha256sum` prints them. */
const JARS_SHA256 = '70510738ca3851fac523711a128a0dbddfc379199cc12f9d23a27a9517d0da5f';

const jarsFolder = (): string => join(cacheFolder(), `kafka-${KAFKA}`);

/** Why Kafka can't be run here, or undefined. */
export function kafkaObstacle(): Promise<string | undefined> {
  return javaObstacle(jarsFolder(), 'Kafka');
}

/** The folder of Kafka's jars in the cache; they are fetched by Maven (43 MB) where they are missing. */
export function provisionKafka(say: Say = () => {}): Promise<string> {
  return wholeFolder(jarsFolder(), async (into) => {
    const why = await kafkaObstacle();
    if (why) throw new Error(why);
    say(`fetching Kafka ${KAFKA}, 43 MB (mvn)`);
    const project = join(into, 'project');
    await mkdir(project);
    await writeFile(join(project, 'pom.xml'), pom());
    await dependencyPlugin('copy-dependencies', { outputDirectory: into }, project);
    await rm(project, { recursive: true });
    await verify(into);
  });
}

function pom(): string {
  const dependency = (group: string, artifact: string, version: string) =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${version}</version></dependency>`;
  return `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>lethe</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    ${dependency('org.apache.kafka', 'kafka_2.13', KAFKA)}
    ${dependency('org.apache.logging.log4j', 'log4j-slf4j-impl', LOG4J)}
  </dependencies>
</project>
`;
}

async function verify(folder: string): Promise<void> {
  const lines: string[] = [];
  for (const name of (await readdir(folder)).sort()) {
    lines.push(`${await sha256Of(join(folder, name))}  ${name}\n`);
  }
  const sha256 = sha256OfText(lines.join(''));
  if (sha256 !== JARS_SHA256) {
    throw new Error(
      `the SHA-256 of Kafka's ${lines.length} jars is ${sha256}, not ${JARS_SHA256}: not the files that were reviewed`,
    );
  }
}

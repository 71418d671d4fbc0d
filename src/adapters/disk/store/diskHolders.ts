import type { Holder, KnownHolder } from '../../../domain/holders.js';
import type { Holders } from '../../holders.js';
import type { MemoryHolders } from '../../memory/store/memoryHolders.js';
import type { DiskFile } from '../file.js';

/** The holders of a store in a file: those of the processes that worked with it, one after the other. */
export class DiskHolders implements Holders {
  constructor(
    private readonly file: DiskFile,
    private readonly memory: MemoryHolders,
  ) {}

  list(): Promise<readonly KnownHolder[]> {
    return this.memory.list();
  }

  async note(holder: Holder): Promise<void> {
    this.file.write(() =>
      this.file.run(
        'INSERT OR REPLACE INTO holder (id, holder) VALUES (?, ?)',
        holder.id,
        JSON.stringify(holder),
      ),
    );
    this.memory.noteNow(holder);
  }

  async drop(id: string): Promise<void> {
    this.file.write(() => this.file.run('DELETE FROM holder WHERE id = ?', id));
    await this.memory.drop(id);
  }
}

import { useState } from 'preact/hooks';
import { askAbout } from './server.js';

/** Asks about images that are chosen or dropped here; the answers appear among the others. */
export function AskImages() {
  const [failures, setFailures] = useState<readonly string[]>([]);
  const [waiting, setWaiting] = useState(0);
  const ask = async (files: readonly File[]): Promise<void> => {
    setFailures([]);
    setWaiting((before) => before + files.length);
    for (const file of files) {
      try {
        await askAbout(file);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        setFailures((before) => [...before, `${file.name}: ${reason}`]);
      } finally {
        setWaiting((before) => before - 1);
      }
    }
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: what can be dropped here can be chosen by the button, too
    <div
      class="drop"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void ask([...(event.dataTransfer?.files ?? [])]);
      }}
    >
      <label>
        Ask about images: drop them here, or{' '}
        <input
          type="file"
          accept="image/png,image/jpeg,image/webp"
          multiple
          onChange={(event) => {
            const { currentTarget } = event;
            void ask([...(currentTarget.files ?? [])]);
            // The same file may be chosen again.
            currentTarget.value = '';
          }}
        />
      </label>
      <div role="status" class="quiet">
        {waiting > 0 && `${waiting} to be answered`}
        {failures.map((text) => (
          <p key={text}>{text}</p>
        ))}
      </div>
    </div>
  );
}

/** How to begin, where nothing is learned yet. */
export function Beginning() {
  const url = location.origin;
  return (
    <section class="panel" aria-labelledby="beginning">
      <h2 id="beginning">No class is learned yet</h2>
      <p>
        Lethe learns classes from labelled images. With a folder <code>animals/cat/*.jpg</code>,{' '}
        <code>animals/dog/*.jpg</code> …, in another terminal:
      </p>
      <pre>
        <code>
          npx lethe learn animals --task animals --url {url}
          {'\n'}npx lethe produce queries photo.jpg --url {url}
        </code>
      </pre>
      <p>
        No images at hand? <code>npx lethe dataset unpack cifar</code> writes some of Lethe's own; learn{' '}
        <code>cifar/train</code> and ask <code>cifar/test</code>. This page shows the progress.
      </p>
    </section>
  );
}

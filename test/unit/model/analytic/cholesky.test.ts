import { afterAll, describe, expect, it } from 'vitest';
import { createDoubleProducts } from '../../../../src/blas/doubleProducts.js';
import { choleskyOf, solved } from '../../../../src/model/analytic/cholesky.js';
import { normals, randomOf } from '../../../../src/model/ssre/random.js';
import { relativeDifference } from './support.js';

const products = await createDoubleProducts(1);
afterAll(() => products.release());

describe('the Cholesky factor', () => {
  it('is that worked out by hand', async () => {
    const a = Float64Array.from([4, 12, -16, 12, 37, -43, -16, -43, 98]);
    expect([...(await choleskyOf(a, 3, products))]).toEqual([2, 0, 0, 6, 1, 0, -8, 5, 3]);
  });

  it.each([1, 63, 64, 65, 150])('of %i rows, over the edges of panels, gives the matrix back', async (n) => {
    const x = Float64Array.from(normals(n * n, 1, randomOf(n)));
    const a = await products.gram(x, n);
    for (let i = 0; i < n; i++) a[i * n + i] = (a[i * n + i] as number) + 1;
    const l = await choleskyOf(a, n, products);
    expect(relativeDifference(await products.timesTransposed(l, l, n), a)).toBeLessThan(1e-12);
    const right = Float64Array.from(normals(3 * n, 1, randomOf(n, 1)));
    const left = await products.timesTransposed(solved(l, right, n), a, n);
    expect(relativeDifference(left, right)).toBeLessThan(1e-9);
  });

  it('is refused where there is none', async () => {
    await expect(choleskyOf(Float64Array.from([1, 2, 2, 1]), 2, products)).rejects.toMatchObject({
      code: 'training-failed',
      message: expect.stringContaining('row 1'),
    });
  });
});

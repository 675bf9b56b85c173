import { expect, it } from 'vitest';

import { RecordQueue } from '../../src/run/drive-run.ts';

async function read<T>(queue: RecordQueue<T>): Promise<{ readonly items: T[]; readonly error: unknown }> {
  const items: T[] = [];
  try {
    for (let taken = await queue.take(); taken !== null; taken = await queue.take()) items.push(...taken);
  } catch (error) {
    return { items, error };
  }
  return { items, error: null };
}

it('hands on everything in order, what was there before the reader and what comes after, and then ends', async () => {
  const queue = new RecordQueue<number>();
  queue.push(1);
  const reading = read(queue);
  await Promise.resolve();
  queue.push(2);
  queue.push(3);
  queue.end(null);
  expect(await reading).toEqual({ items: [1, 2, 3], error: null });
});

it('throws the error that ended the run after the last record, not instead of it', async () => {
  const queue = new RecordQueue<number>();
  queue.push(1);
  const failure = new Error('interface lost');
  queue.end(failure);
  expect(await read(queue)).toEqual({ items: [1], error: failure });
});

it('says when the reader lags, and that it has caught up', async () => {
  const queue = new RecordQueue<number>();
  for (let i = 0; i < 5000; i++) queue.push(i);
  expect(queue.congested).toBe(true);
  queue.end(null);
  await read(queue);
  expect(queue.congested).toBe(false);
});

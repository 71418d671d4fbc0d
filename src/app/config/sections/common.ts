import { z } from 'zod';

export const MEGABYTE = 2 ** 20;
export const count = z.int().positive();
export const secret = z.string().min(1).optional().meta({ secret: true });
export const milliseconds = z.int().positive().max(3_600_000);

// Compresses a bundle: beside each file, the same as brotli makes it, as small as it gets.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 24 };
const [folder] = process.argv.slice(2);
for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!file.isFile() || file.name.endsWith('.br')) continue;
  const path = join(file.parentPath, file.name);
  writeFileSync(`${path}.br`, brotliCompressSync(readFileSync(path), { params }));
}

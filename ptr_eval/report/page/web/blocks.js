// The blocks of items, unpacked when needed and forgotten when not.

const KEPT_BLOCKS = 6;

// Read an inert element that holds gzipped JSON in base64.
async function unpack(holder) {
  const letters = atob(holder.textContent);
  const bytes = new Uint8Array(letters.length);
  for (let at = 0; at < letters.length; at += 1) bytes[at] = letters.charCodeAt(at);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).json();
}

const blockHolders = document.querySelectorAll("script.block");
const unpackedBlocks = new Map();

// Read a block; promises are kept, so that two readers unpack it once.
function readBlock(number) {
  const block = unpackedBlocks.get(number) ?? unpack(blockHolders[number]);
  unpackedBlocks.delete(number);
  unpackedBlocks.set(number, block);
  if (unpackedBlocks.size > KEPT_BLOCKS) unpackedBlocks.delete(unpackedBlocks.keys().next().value);
  return block;
}

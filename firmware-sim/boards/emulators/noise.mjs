// The content of a memory after power-on: bytes that nobody knows, and the same in every run.

export const noise = () => {
  let seed = 0x2545f491;
  return () => {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    return seed & 0xff;
  };
};

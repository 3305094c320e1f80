/** The thread behind `parallelRows`: scans pieces as they are filled, until none come any more. */
import { workerData } from "node:worker_threads";
import type { ScanThreadData } from "./parallelRows.ts";
import { Piece, PieceScanner } from "./pieceScanner.ts";

const { form, memories, statuses, news: memory } = workerData as ScanThreadData;
const scanner = new PieceScanner(form);
const pieces = memories.map((memory, number) => new Piece(memory, statuses, number));
const news = new Int32Array(memory);

for (let known = Atomics.load(news, 0); known >= 0; known = Atomics.load(news, 0)) {
  // Those in front are waited for first; of two rounds of the ring, the order does not matter.
  const found = pieces.some((piece) => {
    const isMine = piece.isTakenHere();
    if (isMine) scanner.scanPiece(piece);
    return isMine;
  });
  if (!found) Atomics.wait(news, 0, known);
}

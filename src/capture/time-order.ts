/** How far the frames of a capture stand from the order of their times. Times are nanoseconds since any moment. */
export class TimeOrder {
  /** Frames whose time is before that of a frame that stands before them. */
  frames = 0;
  /** By how many nanoseconds at most. */
  furthest = 0;
  #newest = Number.NEGATIVE_INFINITY;

  /** The next frame has this time. */
  see(time: number): void {
    if (time >= this.#newest) this.#newest = time;
    else this.late(this.#newest - time);
  }

  /** A frame is this much before the newest one. */
  late(by: number): void {
    this.frames++;
    if (by > this.furthest) this.furthest = by;
  }
}

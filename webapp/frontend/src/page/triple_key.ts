// A key pressed three times within a span; holding it down counts once, and any other key begins anew.

export class TripleKey {
  private times: number[] = [];

  constructor(
    private readonly key: string,
    private readonly withinMs: number,
  ) {}

  /** Whether this press completes the three; times in milliseconds. */
  pressed(key: string, repeat: boolean, timeMs: number): boolean {
    if (repeat) return false;
    if (key !== this.key) {
      this.times = [];
      return false;
    }
    this.times = [...this.times, timeMs].filter((one) => timeMs - one <= this.withinMs);
    if (this.times.length < 3) return false;
    this.times = [];
    return true;
  }
}

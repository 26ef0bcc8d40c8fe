// Asks the site; it decides everything. Refusals come back as sentences with the field they belong to.

export interface Fault {
  readonly field: string;
  readonly message: string;
}

/** The server said no, and why. */
export class Refused extends Error {
  constructor(
    readonly faults: readonly Fault[],
    detail: string,
  ) {
    super(detail);
  }

  /** Every reason once, as sentences. */
  get reasons(): string {
    const said = [...new Set(this.faults.map((fault) => fault.message))];
    return said.length ? said.join(" ") : this.message;
  }
}

/** What takes an instrument; times without offset are what the viewer's clocks show. */
export interface Occupation {
  readonly kind: "booking" | "other" | "outage" | "buffer";
  readonly id?: string;
  readonly booking?: number;
  readonly instrument?: string;
  readonly instrument_name?: string;
  readonly tone?: number;
  readonly state?: string;
  readonly note?: string;
  readonly title?: string;
  readonly who?: string;
  readonly mine?: boolean;
  readonly url?: string;
  readonly series?: number | null;
  readonly resizable?: boolean;
  readonly movable?: boolean;
  readonly start: string;
  readonly end: string;
  readonly starts_at?: string;
  readonly ends_at?: string;
}

export interface Times {
  readonly starts_at: string;
  readonly ends_at: string;
}

export interface Wish extends Times {
  readonly instrument: string;
  readonly group: string;
  readonly title: string;
}

const LOST = "The site cannot be reached; nothing was changed.";

export class Server {
  constructor(
    private readonly api: string,
    private readonly events: string,
    private readonly zone: string,
    private readonly token: string,
  ) {}

  async occupation(start: string, end: string, instruments: readonly string[]): Promise<readonly Occupation[]> {
    const query = new URLSearchParams([["start", start], ["end", end], ...instruments.map((one) => ["instrument", one])]);
    const answer = await fetch(`${this.events}?${query}`, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    return ((await answer.json()) as { events: Occupation[] }).events;
  }

  /** Book; the id of the booking and its state. `key` makes one booking of a request that is sent twice. */
  book(wish: Wish, key: string): Promise<{ id: number; state: string }> {
    return this.send("POST", this.api, { ...wish, time_zone: this.zone }, { "Idempotency-Key": key });
  }

  /** Give a booking other times, by the viewer's clocks or with offset. */
  move(booking: number, times: Partial<Times>, scope: string): Promise<{ id: number; state: string }> {
    return this.send("PATCH", `${this.api}${booking}/`, { ...times, scope, time_zone: this.zone });
  }

  private async send<Answer>(method: string, address: string, body: object, headers: object = {}): Promise<Answer> {
    let answer: Response;
    try {
      answer = await fetch(address, {
        method,
        body: JSON.stringify(body),
        headers: { "Content-Type": "application/json", "X-CSRFToken": this.token, ...headers },
      });
    } catch {
      throw new Refused([], LOST);
    }
    const told = (await answer.json().catch(() => ({}))) as { detail?: string; errors?: Fault[] };
    if (!answer.ok) throw new Refused(told.errors ?? [], told.detail ?? LOST);
    return told as Answer;
  }
}

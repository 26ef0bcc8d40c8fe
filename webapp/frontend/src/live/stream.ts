// Follows the events of a run: server-sent events, or asking again and again where those fail.

export interface Follower {
  /** Something happened; `kind` is that of the event, `payload` its contents. */
  readonly happened: (kind: string, payload: Record<string, unknown>) => void;
  /** How the page is connected, for people. */
  readonly connection: (text: string) => void;
}

const KINDS = ["state", "progress", "shot", "lines", "spectrum", "message", "error"];
const FAILURES_MAX = 3;
const POLL_MS = 2000;

interface StoredEvent {
  readonly id: number;
  readonly kind: string;
  readonly payload: Record<string, unknown>;
}

/** Follow until `stop` of the answer is called. */
export function follow(run: string, after: number, follower: Follower): { stop: () => void } {
  let last = after;
  let stopped = false;
  let failures = 0;
  let timer = 0;
  const source = new EventSource(`/api/v1/runs/${run}/stream?after=${after}`);

  for (const kind of KINDS) {
    source.addEventListener(kind, (event) => {
      if (!(event instanceof MessageEvent)) return; // "error" is also the name of a lost connection
      failures = 0;
      last = Math.max(last, Number(event.lastEventId) || 0);
      follower.happened(kind, JSON.parse(String(event.data)) as Record<string, unknown>);
    });
  }
  source.onopen = () => {
    failures = 0;
    follower.connection("");
  };
  source.onerror = () => {
    if (stopped) return;
    failures += 1;
    if (source.readyState !== EventSource.CLOSED && failures < FAILURES_MAX) return; // the browser tries again
    source.close();
    follower.connection("Live connection lost; looking every two seconds.");
    void poll();
  };

  async function poll(): Promise<void> {
    try {
      const answer = await fetch(`/api/v1/runs/${run}/events?after=${last}`, { credentials: "same-origin" });
      if (answer.ok) {
        const page = (await answer.json()) as { results?: StoredEvent[] } | StoredEvent[];
        for (const event of Array.isArray(page) ? page : (page.results ?? [])) {
          last = Math.max(last, event.id);
          follower.happened(event.kind, event.payload);
        }
      }
    } catch {
      follower.connection("No connection; trying again.");
    }
    if (!stopped) timer = window.setTimeout(() => void poll(), POLL_MS);
  }

  return {
    stop() {
      stopped = true;
      source.close();
      clearTimeout(timer);
    },
  };
}

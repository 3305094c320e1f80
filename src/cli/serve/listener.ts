/** A server on this machine, and what all that it sends is guarded by. Knows not what is served. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ioProblem } from "../../support/files.ts";

export type { IncomingMessage, ServerResponse };

export const loopback = "127.0.0.1";

/** Connections that wait to be taken, when thousands come at once; the system may allow fewer. */
const mostPending = 4096;

export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

export interface Listening {
  readonly server: Server;
  /** `http://127.0.0.1:8000`. */
  readonly origin: string;
  /** Serves nobody any more: at once, or when all who are served have been, after `grace` milliseconds at the latest. */
  close(grace?: number): Promise<void>;
}

/** @param port 0 for any that is free. @throws UserError (exit code 5) */
export async function listen(handler: Handler, host: string, port: number): Promise<Listening> {
  const server = createServer(handler);
  await new Promise<void>((resolve, reject) => {
    server.on("error", (error) => reject(ioProblem(error, `${host}:${port}`, "listen on")));
    server.listen({ port, host, backlog: mostPending }, resolve);
  });
  const { port: taken } = server.address() as AddressInfo;
  const name = host.includes(":") ? `[${host}]` : host;
  return { server, origin: `http://${name}:${taken}`, close: (grace = 0) => close(server, grace) };
}

function close(server: Server, grace: number): Promise<void> {
  return new Promise((resolve) => {
    const late = setTimeout(() => server.closeAllConnections(), grace);
    server.close(() => {
      clearTimeout(late);
      resolve();
    });
    server.closeIdleConnections();
  });
}

/** What is no page is taken for none, is framed by nobody, and stays nowhere. */
export const guardingData = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
} as const;

/**
 * A page gets to nobody by a link from it, a frame around it or a copy of it; and one that a stranger put there asks nobody
 * but this server.
 */
export const guarding = {
  ...guardingData,
  "content-security-policy":
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
} as const;

/** Whether a request names this machine: another site's page must not read anything by a name that leads here. */
export function namesThisMachine(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host ?? "");
}

import type { Call } from "../call/call";

/** For diagnostics, and for tests: what the call knows, and its connection. Nothing can be changed through it. */
export function expose(call: Call): void {
	window.diemcau = { call: () => call.state.getState(), pc: () => call.local.getState().connection.pc };
}

import type { CallState } from "./call/state";

declare global {
	interface Window {
		/** Read access for diagnostics; see pages/App. */
		diemcau: {
			call(): CallState;
			pc(): RTCPeerConnection;
		};
	}
}

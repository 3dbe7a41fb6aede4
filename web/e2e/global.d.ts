export {};

declare global {
	interface Window {
		/** Read access for diagnostics, see src/pages. */
		diemcau: {
			call(): { participant: string };
			pc(): RTCPeerConnection | undefined;
		};
	}
}

// Codecs of pictures: which the server forwards, and which one a camera is sent in.

/** A codec that a camera may be sent in. */
export type CameraCodec = "vp8" | "vp9" | "av1";

/** The codec that the page's address asks for: ?codec=vp9 or ?codec=av1. Otherwise it is VP8, which every browser decodes. */
export function cameraCodecOf(search: string): CameraCodec {
	const asked = new URLSearchParams(search).get("codec");
	return asked === "vp9" || asked === "av1" ? asked : "vp8";
}

export function isCodec(codec: RTCRtpCodec, name: CameraCodec): boolean {
	return codec.mimeType.toLowerCase() === `video/${name}`;
}

/** The codecs of pictures that the server forwards. */
export function decodable(codec: RTCRtpCodec): boolean {
	const { mimeType, sdpFmtpLine = "" } = codec;
	switch (mimeType) {
		case "video/H264":
			return /profile-level-id=42e01f/i.test(sdpFmtpLine) && /packetization-mode=1/.test(sdpFmtpLine);
		case "video/VP9":
			return !/profile-id=[1-9]/.test(sdpFmtpLine);
		case "video/AV1":
			return !/\bprofile=[1-9]/.test(sdpFmtpLine);
	}
	return mimeType === "video/VP8" || mimeType === "video/rtx";
}

import { expect, test } from "vitest";
import { cameraCodecOf, decodable } from "./codecs";

test("the codec of the camera is what the address asks for", () => {
	expect(["?codec=vp9", "?x=1&codec=av1", "", "?codec=vp8", "?codec=h265", "?codec"].map(cameraCodecOf)).toEqual([
		"vp9",
		"av1",
		"vp8",
		"vp8",
		"vp8",
		"vp8",
	]);
});

test("one format of each codec is received", () => {
	const codec = (mimeType: string, sdpFmtpLine?: string): RTCRtpCodec => ({ mimeType, sdpFmtpLine, clockRate: 90000 });
	const h264 = (profile: string, mode: number) =>
		codec("video/H264", `level-asymmetry-allowed=1;packetization-mode=${mode};profile-level-id=${profile}`);
	const taken = [
		codec("video/VP8"),
		codec("video/rtx"),
		h264("42e01f", 1),
		codec("video/VP9"),
		codec("video/VP9", "profile-id=0"),
		codec("video/AV1", "level-idx=5;profile=0;tier=0"),
	];
	expect(taken.filter((c) => !decodable(c))).toEqual([]);
	const refused = [
		h264("42001f", 1),
		h264("42e01f", 0),
		codec("video/VP9", "profile-id=2"),
		codec("video/AV1", "level-idx=5;profile=1;tier=0"),
		codec("video/red"),
	];
	expect(refused.filter(decodable)).toEqual([]);
});

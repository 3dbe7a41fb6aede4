// A meeting with its people in one browser, for the tests of the pages.
import type { Page } from "@playwright/test";
import { Cast, type Scene } from "./cast";
import { type Meeting, Server } from "./server";

/** A seat by who sits there. */
export interface Seat {
	name: string;
	unit: string;
	role: string;
	order: number;
	scene?: Scene;
}

export const people = {
	chair: {
		name: "Chủ tịch UBND tỉnh",
		unit: "UBND tỉnh Minh Giang",
		role: "chair",
		order: 1,
		scene: { wall: "#7a2f2f", people: 3, tone: 620 },
	},
	secretary: { name: "Thư ký cuộc họp", unit: "Văn phòng UBND tỉnh", role: "secretary", order: 10 },
	site: { name: "Huyện Cẩm Hà", unit: "Hội trường UBND huyện", role: "site", order: 206, scene: { wall: "#5d6b78", people: 4, tone: 880 } },
	other: {
		name: "Huyện An Lạc",
		unit: "Hội trường UBND huyện",
		role: "site",
		order: 205,
		scene: { wall: "#6f8577", people: 3, tone: 1250 },
	},
	delegate: { name: "Giám đốc Sở Y tế", unit: "Sở Y tế", role: "delegate", order: 116, scene: { wall: "#6a5a48", people: 1, tone: 1700 } },
	operator: { name: "Trực kỹ thuật", unit: "Sở Thông tin và Truyền thông", role: "operator", order: 900 },
	display: { name: "Màn hình 1", unit: "Hội trường UBND huyện", role: "display", order: 901 },
} as const satisfies Record<string, Seat>;

const desk = { width: 1366, height: 768 };

export class Stage {
	private constructor(
		readonly server: Server,
		readonly cast: Cast,
		readonly meeting: Meeting,
	) {}

	static async start(
		speaking: "open" | "floor",
		sites: { name: string; unit: string; order: number }[] = [],
		start?: number,
	): Promise<Stage> {
		const server = await Server.start();
		return new Stage(server, await Cast.start(), await server.plan("Ứng phó bão", speaking, start, sites));
	}

	link(seat: Seat): Promise<string> {
		return this.server.invite(this.meeting, seat.name, seat.unit, seat.role, seat.order);
	}

	async join(seat: Seat, viewport = desk): Promise<Page> {
		return this.cast.join(await this.link(seat), seat.scene, viewport);
	}

	async stop(): Promise<void> {
		await this.cast.stop();
		await this.server.stop();
	}
}

/** Selects an element by its test id. */
export function at(testid: string): string {
	return `[data-testid="${testid}"]`;
}

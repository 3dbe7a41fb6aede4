// Frozen and dropped frames over twenty switches of the programme between two sources. Run it on an idle machine.
import { devices } from "../lib/devices";
import { Participant, pause } from "../lib/participant";
import { programme } from "../lib/probe";
import { Server } from "../lib/server";

const switches = 20;
const server = await Server.start();
const meeting = await server.plan("Đo chuyển hình", "floor");
const seats = [
	["Chủ tịch UBND tỉnh", "chair", devices.red],
	["Huyện Cẩm Hà", "site", devices.green],
	["Giám đốc Sở Y tế", "delegate", devices.blue],
] as const;
const people = await Promise.all(seats.map(([name, , device]) => Participant.chromium(name, device, "320x180")));
const [chair, ...speakers] = people;
try {
	for (const [i, [name, role]] of seats.entries()) await people[i].join(await server.invite(meeting, name, "", role, i));
	await pause(3000);
	const start = await chair.page.evaluate(programme, undefined);
	for (let turn = 0; turn < switches; turn++) {
		await speakers[turn % 2].click("floor");
		await chair.click("grant");
		await pause(1500);
	}
	const end = await chair.page.evaluate(programme, undefined);
	console.log(
		`${switches} switches: ${end.frozen - start.frozen} frozen, ${end.dropped - start.dropped} dropped of ${end.decoded - start.decoded} frames`,
	);
} finally {
	await Promise.all(people.map((p) => p.leaveBrowser()));
	await server.stop();
}

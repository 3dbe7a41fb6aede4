import type { calendar as vi } from "../vi/calendar";

export const calendar: Record<keyof typeof vi, string> = {
	"today.title": "Today",
	"calendar.title": "Weekly schedule",
	"inbox.title": "To do",
	"meeting.title": "Meeting",
};

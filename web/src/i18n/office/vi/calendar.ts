export const calendar = {
	"today.title": "Hôm nay",
	"calendar.title": "Lịch công tác tuần",
	"inbox.title": "Việc cần xử lý",
	"meeting.title": "Cuộc họp",
} as const;

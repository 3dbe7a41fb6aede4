import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { type Day, type Directory, directoryQuery } from "../../office/directory";

/** The directory as it is valid today, or at another day. */
export function useDirectory(at?: Day): UseQueryResult<Directory> {
	return useQuery(directoryQuery(at));
}

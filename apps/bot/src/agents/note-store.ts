/** The port to what the coach remembers about its reps. */
export interface NoteStore {
  /** The most useful first; none for a rep who is not known. */
  read(userId: string): Promise<string[]>;
  /** Replaces all notes about the rep. */
  write(userId: string, notes: readonly string[]): Promise<void>;
}

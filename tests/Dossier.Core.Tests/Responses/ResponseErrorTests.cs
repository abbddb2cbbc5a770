namespace Dossier.Core.Tests.Responses;

public sealed class ResponseErrorTests
{
    [Fact]
    public void Text_HasKindStatusAndMessage_InOneLine() =>
        new ResponseError
        {
            Type = "System.Net.Http.HttpRequestException",
            Message = "Slow\ndown.",
            Kind = ProviderErrorKind.RateLimited,
            StatusCode = 429,
        }
            .ToString()
            .Should()
            .Be("RateLimited (HTTP 429): Slow down.");

    [Theory]
    [InlineData("System.IO.IOException", "System.IO.IOException: It broke.")]
    [InlineData("", "Unknown: It broke.")]
    public void Text_HasTheException_WhereTheKindIsNotKnown(string type, string expected) =>
        new ResponseError { Type = type, Message = "It broke." }
            .ToString()
            .Should()
            .Be(expected);
}
